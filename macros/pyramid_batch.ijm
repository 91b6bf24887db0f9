// pyramid_batch.ijm: Make a Gaussian pyramid or scale space: per level the same blur in every direction.
// Computed by the installed program fiji-bridge: pip install fiji-bridge. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro pyramid_batch.ijm 'input=[/data/in] output=[/data/out] levels=3 quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/pyramid.csv says what happened to each, and in the end the macro fails if one did. A
// second run adds its rows and skips what was done with the same options.
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     folder with images
//   output    folder for the results, made if need be; another one than the input
//   suffix    end of the names of the images; default: .tif
//   overwrite (a bare word) replace existing results
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

var argument = "", quit = "";

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen nothing can be asked: give an argument");
	}
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "levels=3");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "pyramid", argument);
if (problem != "") end(problem);
problem = call("org.fijibridge.command.ProgramBatch.folder", "pyramid", "pyramid", ".tif", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "pyramid.csv";

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
