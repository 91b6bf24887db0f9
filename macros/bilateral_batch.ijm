// bilateral_batch.ijm: Smooth within regions, not across edges, by a physical radius.
// Computed by the installed program fiji-bridge: pip install fiji-bridge. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro bilateral_batch.ijm 'input=[/data/in] output=[/data/out] radius=[0.5 um] contrast=20 quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/bilateral.csv says what happened to each, and in the end the macro fails if one did. A
// second run adds its rows and skips what was done with the same options.
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     folder with images
//   output    folder for the results, made if need be; another one than the input
//   suffix    end of the names of the images; default: .tif
//   overwrite (a bare word) replace existing results
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   radius    standard deviation in space: '1 um', one per axis, or '2 px'
//   contrast  standard deviation in grey levels: edges above it stay
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0

var argument = "", quit = "";

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen nothing can be asked: give an argument");
	}
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "radius=[0.5 um] contrast=20");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "bilateral", argument);
if (problem != "") end(problem);
problem = call("org.fijibridge.command.ProgramBatch.folder", "bilateral", "bilateral", ".tif", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "bilateral.csv";

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
