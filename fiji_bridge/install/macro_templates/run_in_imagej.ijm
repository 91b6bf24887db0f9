	if (output != "" && !endsWith(output, ".tif")) exit("output must end in .tif: " + output);
	if (input != "" && output != "") {
		problem = call("$batch.file", "$target", input, output, options, overwrite);
	} else {
		if (output != "" && overwrite == "" && File.exists(output)) {
			exit(output + " exists; give overwrite to replace it");
		}
		if (output != "") setBatchMode(true);
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("$batch.apply", "$target", options);
		if (problem == "" && output != "") {
			problem = call("org.fijibridge.command.Batch.saveActive", output, overwrite);
		}
	}
	if (problem != "") exit(problem);
