	if (output != "" && !endsWith(output, ".tif")) exit("output must end in .tif: " + output);
	if (output != "" && overwrite == "" && File.exists(output)) {
		exit(output + " exists; give overwrite to replace it");
	}
	if (output != "") setBatchMode(true);
	if (input != "") open(input);
	run("$command", options);
	if (output != "") saveAs("Tiff", output);
