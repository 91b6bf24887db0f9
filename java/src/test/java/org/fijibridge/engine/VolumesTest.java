package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.view.Views;
import org.junit.jupiter.api.Test;

class VolumesTest {

    private static final double[] VALUES = {-1e9, -3.5, -0.5, -0.4, 0, 0.49999997, 0.5, 1.5, 2.4,
        254.5, 1e9};

    @Test
    void bytesRoundAndSaturate() {
        final byte[] plane = new byte[VALUES.length];
        new PlaneVolume(new Object[] {plane}, 1, plane.length).writer()
                .write(0, 0, 0, plane.length, VALUES, 0);
        assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 0, 1, 2, 2, -1, -1}, plane);
    }

    @Test
    void signedRoundAwayFromZero() {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(VALUES.length);
        new BufferVolume(new ByteBuffer[] {buffer}, ElementType.INT8, 1, 1, VALUES.length).writer()
                .write(0, 0, 0, VALUES.length, VALUES, 0);
        final byte[] got = new byte[VALUES.length];
        buffer.get(got);
        assertArrayEquals(new byte[] {-128, -4, -1, 0, 0, 0, 1, 2, 2, 127, 127}, got);
    }

    @Test
    void rgbSamplesKeepTheOthers() {
        final int[] plane = {0x11223344, 0x55667788};
        final PlaneVolume green = new PlaneVolume(new Object[] {plane}, 1, 2, 8);
        final float[] row = new float[2];
        green.reader().read(0, 0, 0, 2, row, 0);
        assertArrayEquals(new float[] {0x33, 0x77}, row);
        green.writer().write(0, 0, 0, 2, new float[] {1, 255}, 0);
        assertArrayEquals(new int[] {0x11220144, 0x5566ff88}, plane);
    }

    @Test
    void shortsAreUnsigned() {
        final short[] plane = {(short) 65535, 1};
        final PlaneVolume volume = new PlaneVolume(new Object[] {plane}, 2, 1);
        final double[] row = new double[1];
        volume.reader().read(0, 0, 0, 1, row, 0);
        assertEquals(65535, row[0]);
        volume.writer().write(0, 1, 0, 1, new double[] {70000}, 0);
        assertEquals((short) 65535, plane[1]);
    }

    @Test
    void imgsMayStartAnywhere() {
        final float[] data = new float[60];
        for (int i = 0; i < data.length; i++) {
            data[i] = i;
        }
        final ImgVolume<?> volume = new ImgVolume<>(
                Views.translate(ArrayImgs.floats(data, 5, 4, 3), -7, 2, 100));
        final float[] row = new float[3];
        volume.reader().read(2, 1, 2, 3, row, 0);
        assertArrayEquals(new float[] {47, 48, 49}, row);
    }

    @Test
    void tooSmallBuffersAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new BufferVolume(
                new ByteBuffer[] {ByteBuffer.allocateDirect(59)}, ElementType.UINT8, 3, 4, 5));
    }
}
