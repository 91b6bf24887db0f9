package org.fijibridge.command;

import ij.IJ;
import ij.plugin.PlugIn;

/** Plugins > Fiji Bridge > About Fiji Bridge...: version, engines, runtime. */
public final class About implements PlugIn {

    @Override
    public void run(final String argument) {
        IJ.showMessage("About Fiji Bridge", text());
    }

    static String text() {
        return "fiji_bridge " + Operation.version()
                + "\nOne physical sigma in, the same blur in every direction out."
                + "\n \nEngines here: " + String.join(", ", Engines.available())
                + "\nImageJ " + IJ.getVersion() + ", Java " + System.getProperty("java.version")
                + "\n \nThe same filters in Python and on the command line: "
                + "pip install fiji-bridge"
                + "\nLicence: BSD-2-Clause";
    }
}
