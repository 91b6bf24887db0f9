	if (output != "") {
		problem = call("$batch", "$target", input, output, options, overwrite);
		if (problem != "") exit(problem);
	} else {
		if (input != "") open(input);
		run("$command", options);
	}
