// $file: $summary
// Generated from the operations of fiji_bridge $version by 'fiji-bridge macros'; do not edit.
//
// With a screen: open an image and run this macro; a dialog asks.
// Without: give an argument, for example
//   fiji --headless -macro $file 'input=[/data/in.tif] output=[/data/out$ending] $example'
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     image to open; without it the active image is taken
//   output    $output; without it the result stays open
//   overwrite (a bare word) replace an existing output
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
$parameters

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen there is no dialog: give an argument, for example $example");
	}
	run("$command");
} else {
	runWith(argument);
}

function runWith(argument) {
	quit = call("org.fijibridge.command.Arguments.own", argument, "quit");
	problem = call("org.fijibridge.command.Arguments.problem", "$operation", argument);
	if (problem != "") end(problem, quit);
	input = call("org.fijibridge.command.Arguments.own", argument, "input");
	output = call("org.fijibridge.command.Arguments.own", argument, "output");
	overwrite = call("org.fijibridge.command.Arguments.own", argument, "overwrite");
	options = call("org.fijibridge.command.Arguments.options", "$operation", argument);
	if (quit != "") {
		if (input == "" || output == "") end("quit needs input= and output=", quit);
		problem = call("$batch.file", "$target", input, output, options, overwrite);
		if (problem != "") end(problem, quit);
		call("org.fijibridge.command.Arguments.quit", "0");
		return;
	}
$last_step}

// Ends the macro with an error, and ImageJ as well if asked to.
function end(problem, quit) {
	if (quit != "") {
		print(problem);
		call("org.fijibridge.command.Arguments.quit", "1");
	}
	exit(problem);
}
