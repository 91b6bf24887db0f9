// unsharp_mask_batch.ijm: Sharpen: add `amount` times what a Gaussian blur takes away. Every image of a folder.
// Generated from the operations of fiji_bridge 0.1.0 by 'fiji-bridge macros'; do not edit.
//
// With a screen: run this macro; it asks for two folders and the options of a recorded line.
// Without: give an argument, for example
//   fiji --headless -macro unsharp_mask_batch.ijm 'input=[/data/in] output=[/data/out] sigma=1 unit=um amount=0.7 quit'
//
// Folders below the input folder are done as well. A file that fails does not stop the others:
// output/unsharp_mask.csv says what happened to each, and in the end the macro fails if one did. A
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
//   amount    how much of the difference is added (ImageJ's mask weight w is amount / (1 + amount))
//             default: 1
//   border    what lies beyond the edge
//             one of: mirror-single, mirror-double, nearest, constant, periodic
//             default: mirror-double
//   cval      value beyond the edge, for the border 'constant'
//             default: 0
//   kernel    gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its second moment
//             one of: gauss3, band-limited, scipy, discrete
//             default: gauss3
//   dtype     sample type of the result (same: integers are rounded to nearest)
//             one of: same, float32
//             default: same
//   nan       samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others)
//             one of: refuse, propagate, ignore
//             default: refuse
//   result    in place changes the image itself; ImageJ can undo that for a single plane only
//             one of: new window, in place
//             default: new window
//   region    selection leaves what lies outside of it as it was
//             one of: whole image, selection
//             default: whole image
//   engine    by default the real Gauss3 where imglib2-algorithm is installed, else fused
//             one of: gauss3, fused

var argument = "", quit = "";

argument = getArgument();
if (argument == "") {
	if (call("java.awt.GraphicsEnvironment.isHeadless") == "true") {
		exit("without a screen nothing can be asked: give an argument");
	}
	input = getDirectory("Folder with images");
	output = getDirectory("Folder for the results");
	line = getString("Options, as in a recorded line", "sigma=1 unit=um amount=0.7");
	argument = "input=[" + input + "] output=[" + output + "] " + line;
}
quit = own("quit");
problem = call("org.fijibridge.command.Arguments.problem", "unsharp_mask", argument);
if (problem != "") end(problem);
problem = call("org.fijibridge.command.Batch.folder", "unsharp_mask", "org.fijibridge.command.UnsharpMask", ".tif", argument);
if (problem != "") end(problem);
if (quit != "") call("org.fijibridge.command.Arguments.quit", "0");
output = own("output");
if (!endsWith(output, "/") && !endsWith(output, File.separator)) output = output + "/";
return output + "unsharp_mask.csv";

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
