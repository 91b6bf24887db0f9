// structure_tensor.ijm: Directions in which the image changes: eigenvalues, measures, orientation, verdict.
// Computed by the installed program fiji-bridge: pip install fiji-bridge.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro structure_tensor.ijm 'input=[/data/in.tif] output=[/data/out.tif] sigma=1 unit=um'
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
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; discrete: of exact width, also for small sigma
//             one of: gauss3, discrete
//             default: gauss3
//   dtype     sample type of the result (float: float32, float64 for float64 and 32-bit integers)
//             one of: float, float32
//             default: float
//   nan       samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored where the result is no mean: a gaussian that ignores them fills the holes
//             one of: refuse, propagate
//             default: refuse

argument = getArgument();
if (argument == "") {
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
		end(call("org.fijibridge.command.ProgramBatch.file", "structure_tensor", input, output, options, overwrite), quit);
	}
	if (output != "") {
		problem = call("org.fijibridge.command.ProgramBatch.file", "structure_tensor", input, output, options, overwrite);
		if (problem != "") exit(problem);
	} else {
		if (input != "") open(input);
		run("Structure Tensor (Physical)...", options);
	}
}

// Ends the macro, and ImageJ as well if asked to: with exit code 0 if there is no problem.
function end(problem, quit) {
	if (quit == "") exit(problem);
	if (problem == "") call("org.fijibridge.command.Arguments.quit", "0");
	print(problem);
	call("org.fijibridge.command.Arguments.quit", "1");
}
