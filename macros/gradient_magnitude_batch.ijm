// gradient_magnitude_batch.ijm: Length of the gradient of the Gaussian-blurred image, per physical length. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro gradient_magnitude_batch.ijm 'input=[/data/in] output=[/data/out] sigma=1 unit=um quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others.
// In the end output/gradient_magnitude.csv says what happened to each file, and the macro fails if one did.
//
// Keys of the argument; a value with spaces stands in [brackets], decimals have a point:
//   input     folder with images
//   output    folder for the results, made if need be; another one than the input
//   suffix    end of the names of the images; default: .tif
//   overwrite (a bare word) replace existing results
//   quit      (a bare word) end ImageJ, with exit code 1 if something failed
//   sigma     one number, or one per axis: [z=2 y=1 x=1]; 0 for no blur
//   unit      of sigma: a length, or pixel
//             one of: um, nm, mm, cm, m, inch, A, pixel
//             default: um
//   meaning   what sigma is; FWHM = 2.3548 sigma
//             one of: sigma, FWHM
//             default: sigma
//   normalized multiply by sigma to the power of the order, so that structures of every size answer alike
//             default: False
//   per       length unit that the derivative is taken per (um, mm, pixel …); default: the unit of the voxel size
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; discrete: of exact width, also for small sigma
//             one of: gauss3, discrete
//             default: gauss3
//   dtype     sample type of the result (float: float32, float64 for float64 and 32-bit integers)
//             one of: float, float32
//             default: float
//   nan       samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored where the result is no mean: a gaussian that ignores them fills the holes
//             one of: refuse, propagate
//             default: refuse
//   result    in place changes the image itself; ImageJ can undo that for a single plane only
//             one of: new window, in place
//             default: new window
//   region    selection leaves what lies outside of it as it was
//             one of: whole image, selection
//             default: whole image
//   engine    by default the real Gauss3 where imglib2-algorithm is installed, else fused
//             one of: gauss3, fused

var argument = "", input = "", output = "", suffix = "", overwrite = "", options = "", quit = "";
var report = "file,status,message\n", done = 0, failed = 0;

argument = getArgument();
if (argument == "") {
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "sigma=1 unit=um");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "gradient_magnitude", argument);
if (problem != "") end(problem);
input = folder("input");
output = folder("output");
if (input == output) end("input and output must be two folders");
if (!File.isDirectory(input)) end("there is no folder " + input);
suffix = own("suffix");
if (suffix == "") suffix = ".tif";
overwrite = own("overwrite");
options = call("org.fijibridge.command.Arguments.options", "gradient_magnitude", argument);

doFolder("");
makeFolder(output);
table = output + "gradient_magnitude.csv";
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
	problem = call("org.fijibridge.command.Batch.file", "org.fijibridge.command.GradientMagnitude", input + name, result, options, overwrite);
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
