import java.io.File;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.List;
import net.imagej.updater.Conflicts;
import net.imagej.updater.FileObject;
import net.imagej.updater.FilesCollection;
import net.imagej.updater.Installer;
import net.imagej.updater.UpdateSite;
import net.imagej.updater.util.Progress;
import net.imagej.updater.util.UpdaterUtil;

/**
 * Updates a folder as Help > Update… of Fiji does, with Fiji's own updater: reads the update sites
 * that are given (and no other), chooses all that is new on the first of them, installs it, moves
 * it into place, reads everything again, and prints what the updater thinks of each file.
 *
 * <p>Arguments: folder, then name and address of each update site.
 */
public final class Updater {

    private static final long KNOWN = 20251231000000L;

    public static void main(final String[] arguments) throws Exception {
        final List<String> sites = Arrays.asList(arguments).subList(1, arguments.length);
        final FilesCollection files = read(arguments[0], sites);
        files.markForUpdate(false);
        for (final FileObject file : files.forUpdateSite(sites.get(0))) {
            if (file.getStatus() != FileObject.Status.MODIFIED) {
                file.setFirstValidAction(files, FileObject.Action.INSTALL,
                        FileObject.Action.UPDATE);
            }
        }
        for (final Conflicts.Conflict conflict : new Conflicts(files).getConflicts(false)) {
            System.out.println(conflict.getSeverity() + "\t"
                    + conflict.getConflict().replace("\n", " "));
        }
        final Installer installer = new Installer(files, new Silent());
        installer.start();
        files.write();
        installer.moveUpdatedIntoPlace();
        // Remembered there is what the site said; the updater has to compute the checksums itself.
        Files.deleteIfExists(Paths.get(arguments[0], ".checksums"));
        for (final FileObject file : read(arguments[0], sites)) {
            final String name = file.getLocalFilename(false);
            final File path = new File(arguments[0], name);
            // The status alone would also accept the ways in which older updaters took checksums.
            System.out.println(file.getStatus() + "\t" + name + "\t"
                    + (path.exists() ? UpdaterUtil.getDigest(name, path) : null) + "\t"
                    + (file.current == null ? null : file.current.checksum));
        }
    }

    private static FilesCollection read(final String folder, final List<String> sites)
            throws Exception {
        final FilesCollection files =
                new FilesCollection(UpdaterUtil.getLogService(), new File(folder));
        if (new File(folder, "db.xml.gz").exists()) {
            files.read();
        }
        for (int i = 0; i < sites.size(); i += 2) {
            if (files.getUpdateSite(sites.get(i), true) == null) {
                // What is older than a site's time is known, and not chosen by itself.
                files.addUpdateSite(sites.get(i), sites.get(i + 1), null, null,
                        i == 0 ? 0 : KNOWN);
            }
        }
        for (final UpdateSite site : files.getUpdateSites(true)) {
            // Those that the updater knows from the start are on servers of others.
            site.setActive(sites.contains(site.getName()));
        }
        // What this returns are warnings.
        System.out.print(files.downloadIndexAndChecksum(new Silent()));
        return files;
    }

    private static final class Silent implements Progress {
        @Override
        public void setTitle(final String title) {}

        @Override
        public void setCount(final int count, final int total) {}

        @Override
        public void addItem(final Object item) {}

        @Override
        public void setItemCount(final int count, final int total) {}

        @Override
        public void itemDone(final Object item) {}

        @Override
        public void done() {}
    }
}
