// $file: $summary Every image of a folder.
// Generated from the operations of fiji_bridge $version by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro $file 'input=[/data/in] output=[/data/out] $example quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/$operation.csv says what happened to each, and in the end the macro fails if one did. A
// second run adds its rows and skips what was done with the same options.
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     folder with images
//   output    folder for the results, made if need be; another one than the input
//   suffix    end of the names of the images; default: .tif
//   overwrite (a bare word) replace existing results
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
$parameters

var argument = "", quit = "";

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen nothing can be asked: give an argument");
	}
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "$example");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "$operation", argument);
if (problem != "") end(problem);
problem = call("$batch.folder", "$operation", "$target", "$ending", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "$operation.csv";

// Ends the macro with an error, and ImageJ as well if asked to.
function end(problem) {
	if (quit != "") {
		print(problem);
		call("org.fijibridge.command.Arguments.quit", "1");
	}
	exit(problem);
}

function own(key) {
	value = call("org.fijibridge.command.Arguments.own", argument, key);
	return value;
}
