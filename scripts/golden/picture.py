"""Pictures decoded and resized by Pillow (spec section 1.6). Pillow cannot write all kinds of PNG, so
these are put together here; it reads them all."""
import io
import struct
import zlib

import numpy
import torch
from PIL import Image, ImageOps

from common import Golden, require

WIDTH, HEIGHT = 37, 29  # several blocks of a JPEG, the last ones cut
PNG_WIDTH, PNG_HEIGHT = 27, 19  # all passes of an interlaced file
ORIENTATION = 0x112
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # colour types of PNG
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
INTERLACE = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
             (0, 1, 1, 2)]  # first column and row, steps


def smooth(seed, width, height, channels, cell=6):
    """Noise, blown up: [height, width, channels] bytes."""
    state = numpy.random.RandomState(seed)
    size = (height // cell + 2, width // cell + 2)
    planes = [Image.fromarray(state.randint(0, 256, size).astype(numpy.uint8))
              .resize((width, height), Image.BILINEAR) for _ in range(channels)]
    return numpy.stack([numpy.asarray(plane) for plane in planes], axis=-1)


def picture(seed, mode, width=WIDTH, height=HEIGHT):
    channels = len(Image.new(mode, (1, 1)).getbands())
    return Image.fromarray(smooth(seed, width, height, channels).squeeze(), mode)


def save(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def on_white(image):
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def add(g, name, file, meaning, change=lambda image: image.convert("RGB")):
    """A file and the RGB pixels that Pillow makes of it."""
    pixels = numpy.array(change(Image.open(io.BytesIO(file))))
    g.add(f"{name}.file", torch.from_numpy(numpy.frombuffer(file, numpy.uint8).copy()), meaning)
    g.add(f"{name}.pixels", torch.from_numpy(pixels), "[height, width, 3]")


# ---- JPEG, WebP ----


def orientation(value):
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif


def jpeg():
    g = Golden(f"JPEG files of {WIDTH} x {HEIGHT} pixels and what Pillow decodes them to")
    rgb, cmyk = picture(1, "RGB"), picture(3, "CMYK")
    for name, options in (
            ("full_colour", {"subsampling": 0}),
            ("half_colour", {"subsampling": 1}),
            ("quarter_colour", {"subsampling": 2}),
            ("progressive", {"subsampling": 0, "progressive": True}),
            ("progressive_quarter", {"subsampling": 2, "progressive": True}),
            ("optimised", {"optimize": True, "quality": 30})):
        add(g, name, save(rgb, "JPEG", **options), ", ".join(f"{k} {v}" for k, v in options.items()))
    add(g, "grey", save(picture(2, "L"), "JPEG"), "one component")
    add(g, "cmyk", save(cmyk, "JPEG"), "four components, inverted as by Adobe")
    add(g, "turned", save(rgb, "JPEG", exif=orientation(6), quality=50), "EXIF orientation 6",
        ImageOps.exif_transpose)
    return g


def webp():
    g = Golden(f"WebP files of {WIDTH} x {HEIGHT} pixels and what Pillow decodes them to; "
               "transparent ones pasted on white")
    rgb, rgba = picture(4, "RGB"), picture(5, "RGBA")
    add(g, "lossy", save(rgb, "WEBP", quality=80), "VP8")
    add(g, "lossless", save(rgb, "WEBP", lossless=True), "VP8L")
    add(g, "lossy_alpha", save(rgba, "WEBP", quality=80), "VP8 and a plane of alpha", on_white)
    add(g, "lossless_alpha", save(rgba, "WEBP", lossless=True), "VP8L with alpha", on_white)
    return g


# ---- PNG ----


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(samples, depth):
    """Unfiltered rows of [height, width, channels] samples."""
    packed = b""
    for row in samples.reshape(len(samples), -1):
        if depth >= 8:
            data = row.astype(f">u{depth // 8}").tobytes()
        else:
            bits = (row[:, None] >> numpy.arange(depth)[::-1]) & 1
            data = numpy.packbits(bits.reshape(-1).astype(numpy.uint8)).tobytes()
        packed += b"\0" + data
    return packed


def png(samples, depth, colour, interlaced=False, before=b""):
    height, width = samples.shape[:2]
    parts = [samples]
    if interlaced:
        parts = [samples[y::step_y, x::step_x] for x, y, step_x, step_y in INTERLACE]
    data = b"".join(rows(part, depth) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before +
            chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def upper_half(image):
    """16-bit greys; Pillow itself shows all above 255 as white."""
    require("Pillow reads 16-bit greys as integers", image.mode == "I")
    grey = (numpy.asarray(image) >> 8).astype(numpy.uint8)
    return numpy.repeat(grey[:, :, None], 3, axis=2)


def png_cases():
    """Name, file, meaning, what Pillow's image is changed by."""
    def samples(depth, colour, seed=6):
        high = smooth(seed, PNG_WIDTH, PNG_HEIGHT, CHANNELS[colour]).astype(numpy.int64)
        low = smooth(seed + 50, PNG_WIDTH, PNG_HEIGHT, CHANNELS[colour])
        return high * 256 + low if depth == 16 else high >> (8 - depth)

    opaque = lambda image: image.convert("RGB")
    for depth in 1, 2, 4, 8:
        for interlaced in False, True:
            if depth == 2 or not interlaced:
                yield (f"grey{depth}" + "_interlaced" * interlaced,
                       png(samples(depth, GREY), depth, GREY, interlaced), f"{depth} bits", opaque)
    yield "grey16", png(samples(16, GREY), 16, GREY), "16 bits, of which 8 count", upper_half
    yield "rgb", png(samples(8, RGB), 8, RGB), "8 bits", opaque
    yield "rgb_interlaced", png(samples(8, RGB), 8, RGB, True), "8 bits, interlaced", opaque
    yield "rgb16", png(samples(16, RGB), 16, RGB), "16 bits, of which 8 count", opaque
    yield "grey_alpha", png(samples(8, GREY_ALPHA), 8, GREY_ALPHA), "8 bits, on white", on_white
    for depth in 8, 16:
        yield (f"rgba{depth}", png(samples(depth, RGBA), depth, RGBA), f"{depth} bits, on white",
               on_white)
    yield ("rgba_interlaced", png(samples(8, RGBA), 8, RGBA, True), "8 bits, on white, interlaced",
           on_white)
    colours = numpy.random.RandomState(7).randint(0, 256, (16, 3)).astype(numpy.uint8).tobytes()
    plte, trns = chunk(b"PLTE", colours), chunk(b"tRNS", bytes(range(0, 240, 20)))
    for depth in 1, 2, 4, 8:
        index = numpy.minimum(samples(depth, PALETTE), 15)
        few = chunk(b"PLTE", colours[:3 << depth])
        yield (f"palette{depth}", png(index, depth, PALETTE, before=few if depth < 4 else plte),
               f"{depth} bits", opaque)
    yield ("palette_alpha", png(samples(4, PALETTE), 4, PALETTE, before=plte + trns),
           "12 of 16 colours transparent, on white", on_white)
    few = samples(8, RGB) >> 7 << 7
    yield ("rgb_key", png(few, 8, RGB, before=chunk(b"tRNS", struct.pack(">3H", 128, 0, 128))),
           "one colour transparent, on white", on_white)


def png_files():
    g = Golden(f"PNG files of {PNG_WIDTH} x {PNG_HEIGHT} pixels and what Pillow decodes them to; "
               "transparent ones pasted on white")
    for name, file, meaning, change in png_cases():
        add(g, name, file, meaning, change)
    return g


# ---- resizing ----


def resize():
    g = Golden("pictures resized by Pillow's BICUBIC; FROM.WxH is picture FROM at width W, height H")
    edges = (numpy.random.RandomState(9).randint(0, 2, (19, 21, 3)) * 255).astype(numpy.uint8)
    sources = {
        "smooth": (smooth(8, 47, 35, 3), ((1, 1), (46, 35), (47, 34), (48, 36), (23, 17), (7, 5),
                                          (10, 71), (83, 11), (15, 10), (33, 35), (47, 17))),
        "edges": (edges, ((1, 21), (19, 1), (5, 7), (10, 9), (20, 18), (22, 20), (31, 29),
                          (42, 38))),
        "line": (smooth(10, 300, 1, 3), ((10, 1), (299, 2), (3, 3))),
        "column": (smooth(11, 1, 300, 3), ((1, 10), (2, 299))),
    }
    for name, (pixels, sizes) in sources.items():
        g.add(name, torch.from_numpy(pixels.copy()), "[height, width, 3]")
        for size in sizes:
            out = numpy.array(Image.fromarray(pixels).resize(size, Image.BICUBIC))
            g.add(f"{name}.{size[0]}x{size[1]}", torch.from_numpy(out), "resized")
    return g


CASES = {"picture_jpeg": jpeg, "picture_png": png_files, "picture_webp": webp,
         "picture_resize": resize}
