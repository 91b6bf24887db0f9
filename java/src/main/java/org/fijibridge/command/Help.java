package org.fijibridge.command;

/** The text behind the Help button, from the same table as the dialog. */
final class Help {

    private Help() {}

    static String html(final Operation operation) {
        final StringBuilder text = new StringBuilder("<html><body><h3>");
        text.append(escaped(operation.title)).append("</h3><p>").append(escaped(operation.summary))
                .append("</p><p>Sigma in pixels = sigma / voxel size, on each axis. Only x, y and "
                + "z are filtered: channels, frames and RGB samples never mix.</p><table>");
        for (final Field field : operation.fields) {
            text.append("<tr><td valign=top><b>").append(field.name).append("</b></td><td>")
                    .append(escaped(field.help)).append("</td></tr>");
        }
        return text.append("</table></body></html>").toString();
    }

    private static String escaped(final String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
