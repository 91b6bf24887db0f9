// views.ijm: Projections or slices XY, XZ and ZY; as a PNG at true aspect with a scale bar.
// Computed by the installed program fiji-bridge: pip install fiji-bridge.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro views.ijm 'input=[/data/in.tif] output=[/data/out.tif] method=max'
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     image to open; without it the active image is taken
//   output    TIFF to write, one per view (out-xy.tif ...), or one .png; without it the result stays open
//   overwrite (a bare word) replace an existing output
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   method    projection, or slice
//             one of: max, mean, sum, slice
//             default: max
//   position  'z y x' of the slices, counted from 0; default: the middle
//   square    interpolate to square pixels, so that arrays have true aspect
//             default: False
//   dtype     sample type of the result (float: float32, float64 for float64 and 32-bit integers)
//             one of: float, float32
//             default: float
//   nan       samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others)
//             one of: refuse, propagate, ignore
//             default: refuse

argument = getArgument();
if (argument == "") {
	run("Orthogonal Views (Physical)...");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "views", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "views", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		end(call("org.fijibridge.command.ProgramBatch.file", "views", input, output, options, overwrite), quit);
	}
	if (output != "") {
		problem = call("org.fijibridge.command.ProgramBatch.file", "views", input, output, options, overwrite);
		if (problem != "") exit(problem);
	} else {
		if (input != "") open(input);
		run("Orthogonal Views (Physical)...", options);
	}
}

// Ends the macro, and ImageJ as well if asked to: with exit code 0 if there is no problem.
function end(problem, quit) {
	if (quit == "") exit(problem);
	if (problem == "") call("org.fijibridge.command.Arguments.quit", "0");
	print(problem);
	call("org.fijibridge.command.Arguments.quit", "1");
}
