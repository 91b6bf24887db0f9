// gaussian.ijm: Blur by a physical sigma, the same in every direction.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro gaussian.ijm 'input=[/data/in.tif] output=[/data/out.tif] sigma=1 unit=um'
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
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its second moment
//             one of: gauss3, band-limited, scipy, discrete
//             default: gauss3
//   truncate  where the kernel 'scipy' ends, in sigma
//             default: 4
//   dtype     sample type of the result (same: integers are rounded to nearest)
//             one of: same, float32
//             default: same
//   nan       samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others)
//             one of: refuse, propagate, ignore
//             default: refuse
//   match     isotropic: measure the blur that is there and make the final one the same in every direction (sigma, if given, is that final one); isotropic-beads: on points
//             one of: none, isotropic, isotropic-beads
//             default: none
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
		exit("without a screen there is no dialog: give an argument, for example sigma=1 unit=um");
	}
	run("Gaussian Blur (Physical)...");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "gaussian", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "gaussian", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		problem = call("org.fijibridge.command.Batch.file", "org.fijibridge.command.GaussianBlurPhysical", input, output, options, overwrite);
		if (problem != "") end(problem, quit);
		call("org.fijibridge.command.Arguments.quit", "0");
		return;
	}
	if (output != "" && !endsWith(output, ".tif")) exit("output must end in .tif: " + output);
	if (input != "" && output != "") {
		problem = call("org.fijibridge.command.Batch.file", "org.fijibridge.command.GaussianBlurPhysical", input, output, options, overwrite);
	} else {
		if (output != "" && overwrite == "" && File.exists(output)) {
			exit(output + " exists; give overwrite to replace it");
		}
		if (output != "") setBatchMode(true);
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("org.fijibridge.command.Batch.apply", "org.fijibridge.command.GaussianBlurPhysical", options);
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
