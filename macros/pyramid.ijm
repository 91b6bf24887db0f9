// pyramid.ijm: Make a Gaussian pyramid or scale space: per level the same blur in every direction.
// Computed by the installed program fiji-bridge: pip install fiji-bridge.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro pyramid.ijm 'input=[/data/in.tif] output=[/data/out.tif] levels=3'
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     image to open; without it the active image is taken
//   output    TIFF to write, one per level (out-level0.tif ...), or one .ome.zarr; without it the result stays open
//   overwrite (a bare word) replace an existing output
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   initial_sigma blur that the image has; default: half a voxel of the coarsest axis
//   levels    number of levels, the image itself included
//             default: 5
//   steps     levels per doubling of sigma
//             default: 1
//   downsampling auto: drop every other sample once the blur allows it, finest axes first; none: scale space
//             one of: auto, none
//             default: auto
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its second moment
//             one of: gauss3, band-limited, scipy, discrete
//             default: discrete
//   dtype     sample type of the result (same: integers are rounded to nearest)
//             one of: same, float32
//             default: same
//   nan       samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others)
//             one of: refuse, propagate, ignore
//             default: refuse

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen there is no dialog: give an argument, for example levels=3");
	}
	run("Gaussian Pyramid (Physical)...");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "pyramid", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "pyramid", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		problem = call("org.fijibridge.command.ProgramBatch.file", "pyramid", input, output, options, overwrite);
		if (problem != "") end(problem, quit);
		call("org.fijibridge.command.Arguments.quit", "0");
		return;
	}
	if (output != "") {
		problem = call("org.fijibridge.command.ProgramBatch.file", "pyramid", input, output, options, overwrite);
	} else {
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("org.fijibridge.command.ProgramBatch.apply", "pyramid", options);
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
