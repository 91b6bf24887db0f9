// bilateral.ijm: Smooth within regions, not across edges, by a physical radius.
// Computed by the installed program fiji-bridge: pip install fiji-bridge.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro bilateral.ijm 'input=[/data/in.tif] output=[/data/out.tif] radius=[0.5 um] contrast=20'
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     image to open; without it the active image is taken
//   output    TIFF to write; without it the result stays open
//   overwrite (a bare word) replace an existing output
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   radius    standard deviation in space: '1 um', one per axis, or '2 px'
//   contrast  standard deviation in grey levels: edges above it stay
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen there is no dialog: give an argument, for example radius=[0.5 um] contrast=20");
	}
	run("Bilateral (Physical)...");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "bilateral", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "bilateral", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		problem = call("org.fijibridge.command.ProgramBatch.file", "bilateral", input, output, options, overwrite);
		if (problem != "") end(problem, quit);
		call("org.fijibridge.command.Arguments.quit", "0");
		return;
	}
	if (output != "") {
		problem = call("org.fijibridge.command.ProgramBatch.file", "bilateral", input, output, options, overwrite);
	} else {
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("org.fijibridge.command.ProgramBatch.apply", "bilateral", options);
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
