// convolve_batch.ijm: Convolve with a small kernel: sum, mean or Laplace of the neighbours, or your own.
// Computed by the installed program fiji-bridge: pip install fiji-bridge. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro convolve_batch.ijm 'input=[/data/in] output=[/data/out] kernel=physical-laplace quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/convolve.csv says what happened to each, and in the end the macro fails if one did. A
// second run adds its rows and skips what was done with the same options.
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     folder with images
//   output    folder for the results, made if need be; another one than the input
//   suffix    end of the names of the images; default: .tif
//   overwrite (a bare word) replace existing results
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   kernel    sum, mean, laplace, physical-laplace, or rows such as '0 1 0; 1 -4 1; 0 1 0' (planes end with '|')
//             default: mean
//   along     axes of the kernel, such as yx; default: all for a preset, the last ones otherwise
//   per       length unit that the derivative is taken per (um, mm, pixel …); default: the unit of the voxel size
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   dtype     sample type of the result (float: float32, float64 for float64 and 32-bit integers)
//             one of: float, float32
//             default: float
//   nan       samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored where the result is no mean: a gaussian that ignores them fills the holes
//             one of: refuse, propagate
//             default: refuse

var argument = "", quit = "";

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen nothing can be asked: give an argument");
	}
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "kernel=physical-laplace");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "convolve", argument);
if (problem != "") end(problem);
problem = call("org.fijibridge.command.ProgramBatch.folder", "convolve", "convolve", ".tif", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "convolve.csv";

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
