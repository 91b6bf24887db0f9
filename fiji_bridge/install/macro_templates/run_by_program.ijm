	if (output != "") {
		problem = call("$batch.file", "$target", input, output, options, overwrite);
	} else {
		if (input != "") problem = call("org.fijibridge.command.Batch.show", input);
		if (problem == "") problem = call("$batch.apply", "$target", options);
	}
	if (problem != "") exit(problem);
