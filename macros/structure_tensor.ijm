// structure_tensor.ijm: Find the directions in which the image changes: eigenvalues, orientation, verdict.
// Computed by the installed program fiji-bridge: pip install fiji-bridge.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro structure_tensor.ijm 'input=[/data/in.tif] output=[/data/out.tif] sigma=2 unit=um'
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     image to open; without it the active image is taken
//   output    TIFF to write, one per measure (out-orientation.tif ...); without it the result stays open
//   overwrite (a bare word) replace an existing output
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   sigma     one number, or one per axis: [z=2 y=1 x=1]; 0 for no blur
//   unit      of sigma: a length, or pixel
//             one of: um, nm, mm, cm, m, inch, A, pixel
//             default: um
//   meaning   what sigma is; FWHM = 2.3548 sigma
//             one of: sigma, FWHM
//             default: sigma
//   per       length unit that the derivative is taken per (um, mm, pixel …); default: the unit of the voxel size
//   regions   blocks per axis that get a verdict each
//             default: 1
//   derivative farid: Farid and Simoncelli's 5 taps, whose directions are right; sobel: that of scikit-image
//             one of: farid, sobel
//             default: farid
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its second moment
//             one of: gauss3, band-limited, scipy, discrete
//             default: gauss3
//   dtype     sample type of the result (float: float32, float64 for float64 and 32-bit integers)
//             one of: float, float32
//             default: float
//   nan       samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored where the result is no mean: a gaussian that ignores them fills the holes
//             one of: refuse, propagate
//             default: refuse

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen there is no dialog: give an argument, for example sigma=2 unit=um");
	}
	run("Structure Tensor (Physical)...");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "structure_tensor", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "structure_tensor", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		problem = call("org.fijibridge.command.ProgramBatch.file", "structure_tensor", input, output, options, overwrite);
		if (problem != "") end(problem, quit);
		call("org.fijibridge.command.Arguments.quit", "0");
		return;
	}
	if (output != "") {
		problem = call("org.fijibridge.command.ProgramBatch.file", "structure_tensor", input, output, options, overwrite);
	} else {
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("org.fijibridge.command.ProgramBatch.apply", "structure_tensor", options);
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
