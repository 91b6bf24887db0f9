// laplacian.ijm: Return the Laplacian of the Gaussian-blurred image, per physical length squared.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro laplacian.ijm 'input=[/data/in.tif] output=[/data/out.tif] sigma=1 unit=um normalized'
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     image to open; without it the active image is taken
//   output    TIFF to write; without it the result stays open
//   overwrite (a bare word) replace an existing output
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   sigma     one number, or one per axis: [z=2 y=1 x=1]; 0 for no blur
//   unit      of sigma: a length, or pixel
//             one of: um, nm, mm, cm, m, inch, A, pixel
//             default: um
//   meaning   what sigma is; FWHM = 2.3548 sigma
//             one of: sigma, FWHM
//             default: sigma
//   normalized multiply by sigma to the power of the order, so that structures of every size answer alike
//             default: False
//   per       length unit that the derivative is taken per (um, mm, pixel …); default: the unit of the voxel size
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    band-limited: right within 0.5 % from 1 px on; gauss3: ImgLib2's, whose second derivatives are 12 % off at 5 px and 17 % at 30 px; scipy: sampled; discrete: Lindeberg's
//             one of: gauss3, band-limited, scipy, discrete
//             default: band-limited
//   dtype     sample type of the result (float: float32, float64 for float64 and 32-bit integers)
//             one of: float, float32
//             default: float
//   nan       samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored where the result is no mean: a gaussian that ignores them fills the holes
//             one of: refuse, propagate
//             default: refuse
//   result    in place changes the image itself; ImageJ can undo that for a single plane only
//             one of: new window, in place
//             default: new window
//   region    selection leaves what lies outside of it as it was
//             one of: whole image, selection
//             default: whole image
//   engine    by default the real Gauss3 where imglib2-algorithm is installed, else fused
//             one of: gauss3, fused

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen there is no dialog: give an argument, for example sigma=1 unit=um normalized");
	}
	run("Laplacian of Gaussian (Physical)...");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "laplacian", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "laplacian", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		problem = call("org.fijibridge.command.Batch.file", "org.fijibridge.command.LaplacianOfGaussian", input, output, options, overwrite);
		if (problem != "") end(problem, quit);
		call("org.fijibridge.command.Arguments.quit", "0");
		return;
	}
	if (output != "" && !endsWith(output, ".tif")) exit("output must end in .tif: " + output);
	if (input != "" && output != "") {
		problem = call("org.fijibridge.command.Batch.file", "org.fijibridge.command.LaplacianOfGaussian", input, output, options, overwrite);
	} else {
		if (output != "" && overwrite == "" && File.exists(output)) {
			exit(output + " exists; give overwrite to replace it");
		}
		if (output != "") setBatchMode(true);
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("org.fijibridge.command.Batch.apply", "org.fijibridge.command.LaplacianOfGaussian", options);
		if (problem == "" && output != "") {
			problem = call("org.fijibridge.command.Batch.saveActive", output, overwrite);
		}
	}
	if (problem != "") exit(problem);
}

// Ends the macro with an error, and ImageJ as well if asked to.
function end(problem, quit) {
	if (quit != "") {
		print(problem);
		call("org.fijibridge.command.Arguments.quit", "1");
	}
	exit(problem);
}
