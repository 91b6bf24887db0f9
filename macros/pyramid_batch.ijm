// pyramid_batch.ijm: Gaussian pyramid or scale space: the same physical blur in every direction per level.
// Computed by the installed program fiji-bridge: pip install fiji-bridge. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro pyramid_batch.ijm 'input=[/data/in] output=[/data/out] levels=3 quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others.
// In the end output/pyramid.csv says what happened to each file, and the macro fails if one did.
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
//   kernel    gauss3: ImgLib2's; discrete: of exact width, also for small sigma
//             one of: gauss3, discrete
//             default: discrete
//   dtype     sample type of the result (same: integers are rounded to nearest)
//             one of: same, float32
//             default: same
//   nan       samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others)
//             one of: refuse, propagate, ignore
//             default: refuse

var argument = "", input = "", output = "", suffix = "", overwrite = "", options = "", quit = "";
var report = "file,status,message\n", done = 0, failed = 0;

argument = getArgument();
if (argument == "") {
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "levels=3");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "pyramid", argument);
if (problem != "") end(problem);
input = folder("input");
output = folder("output");
if (input == output) end("input and output must be two folders");
if (!File.isDirectory(input)) end("there is no folder " + input);
suffix = own("suffix");
if (suffix == "") suffix = ".tif";
overwrite = own("overwrite");
options = call("org.fijibridge.command.Arguments.options", "pyramid", argument);

doFolder("");
makeFolder(output);
table = output + "pyramid.csv";
File.saveString(report, table);
if (done == 0) end("no file in " + input + " ends in " + suffix);
if (failed > 0) end("" + failed + " of " + done + " files failed; see " + table);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
return table;

// Ends the macro with an error, and ImageJ as well if asked to.
function end(problem) {
	if (quit == "") exit(problem);
	print(problem);
	call("org.fijibridge.command.Arguments.quit", "1");
}

function own(key) {
	value = call("org.fijibridge.command.Arguments.own", argument, key);
	return value;
}

function folder(key) {
	path = own(key);
	if (path == "") end("the argument needs " + key + "=");
	if (!endsWith(path, "/") && !endsWith(path, File.separator)) path = path + "/";
	return path;
}

function makeFolder(path) {
	parent = File.getParent(path);
	if (!File.exists(parent)) makeFolder(parent + "/");
	if (!File.exists(path)) File.makeDirectory(path);
}

function doFolder(below) {
	names = getFileList(input + below);
	for (i = 0; i < names.length; i++) {
		name = below + names[i];
		if (endsWith(names[i], "/")) {
			if (input + name != output) doFolder(name);
		} else if (endsWith(names[i], suffix)) {
			doFile(name);
		}
	}
}

function doFile(name) {
	showStatus(name);
	result = output + substring(name, 0, lengthOf(name) - lengthOf(suffix)) + ".tif";
	problem = call("org.fijibridge.command.ProgramBatch.file", "pyramid", input + name, result, options, overwrite);
	done++;
	status = "done";
	if (problem != "") {
		failed++;
		status = "failed";
	}
	report = report + quoted(name) + "," + status + "," + quoted(problem) + "\n";
}

function quoted(text) {
	text = replace(text, "\"", "\"\"");
	text = "\"" + replace(text, "\n", " ") + "\"";
	return text;
}
