// rescale_batch.ijm: Sample the image on another grid: isotropic voxels, a voxel size, a zoom factor.
// Computed by the installed program fiji-bridge: pip install fiji-bridge. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro rescale_batch.ijm 'input=[/data/in] output=[/data/out] to=finest quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/rescale.csv says what happened to each, and in the end the macro fails if one did. A
// second run adds its rows and skips what was done with the same options.
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     folder with images
//   output    folder for the results, made if need be; another one than the input
//   suffix    end of the names of the images; default: .tif
//   overwrite (a bare word) replace existing results
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   to        new voxel size: '1 um', 'z=2 um, y=1 um, x=1 um', finest or coarsest
//   zoom      the new voxel size is divided by this
//             default: 1
//   interpolation between samples
//             one of: nearest, linear, cubic
//             default: linear
//   antialias blur before samples are dropped (auto: gaussian unless nearest, which is for labels; strong: 0.8 new voxels, next to nothing is folded back)
//             one of: auto, gaussian, strong, none
//             default: auto
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   dtype     sample type of the result (same: integers are rounded to nearest)
//             one of: same, float32
//             default: same
//   nan       samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others)
//             one of: refuse, propagate, ignore
//             default: refuse

var argument = "", quit = "";

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen nothing can be asked: give an argument");
	}
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "to=finest");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "rescale", argument);
if (problem != "") end(problem);
problem = call("org.fijibridge.command.ProgramBatch.folder", "rescale", "rescale", ".tif", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "rescale.csv";

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
