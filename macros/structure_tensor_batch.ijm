// structure_tensor_batch.ijm: Find the directions in which the image changes: eigenvalues, orientation, verdict.
// Computed by the installed program fiji-bridge: pip install fiji-bridge. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro structure_tensor_batch.ijm 'input=[/data/in] output=[/data/out] sigma=2 unit=um quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/structure_tensor.csv says what happened to each, and in the end the macro fails if one did. A
// second run adds its rows and skips what was done with the same options.
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
//   per       length unit that the derivative is taken per (um, mm, pixel …); default: the unit of the voxel size
//   regions   blocks per axis that get a verdict each
//             default: 1
//   derivative farid: Farid and Simoncelli's 5 taps, whose directions are right; sobel: that of scikit-image
//             one of: farid, sobel
//             default: farid
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its second moment
//             one of: gauss3, band-limited, scipy, discrete
//             default: gauss3
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
	line = getString("Options, as in a recorded line", "sigma=2 unit=um");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "structure_tensor", argument);
if (problem != "") end(problem);
problem = call("org.fijibridge.command.ProgramBatch.folder", "structure_tensor", "structure_tensor", ".tif", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "structure_tensor.csv";

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
