-- Items and all that belongs to them. A source is what an import read; it owns its items. Numbers of
-- items are never used twice, so that embeddings can name them; positions are dense and change.
--
-- Pictures' bytes lie apart from all else, so that reading anything else passes them by.

CREATE TABLE source (
    id          INTEGER PRIMARY KEY,      -- rises in the order of first imports
    format      TEXT NOT NULL,
    location    TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '', -- of the last finished import; '' when there is none
    UNIQUE (format, location)
);

CREATE TABLE item (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source      INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    position    INTEGER NOT NULL,         -- place in the catalogue, 0 .., by source and record
    key         TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    digest      BLOB NOT NULL             -- of title, description and attributes
);
CREATE INDEX item_position ON item (position);
CREATE INDEX item_source ON item (source);

CREATE TABLE attribute (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE attribute_value (
    id        INTEGER PRIMARY KEY,
    attribute INTEGER NOT NULL REFERENCES attribute ON DELETE CASCADE,
    text      TEXT NOT NULL,
    number    REAL,                       -- NULL when the text is no number
    UNIQUE (attribute, text)
);

CREATE TABLE item_value (
    item  INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    place INTEGER NOT NULL,               -- among the values of the item
    value INTEGER NOT NULL REFERENCES attribute_value,
    PRIMARY KEY (item, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX item_value_value ON item_value (value, item);

CREATE TABLE picture (
    item   INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,
    format INTEGER NOT NULL,              -- enum gmr_picture_format
    width  INTEGER NOT NULL,
    height INTEGER NOT NULL,
    stamp  INTEGER NOT NULL,
    path   TEXT                           -- of a file that stays where it is; NULL: bytes are stored
);

CREATE TABLE picture_data (
    item      INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,
    thumbnail BLOB,                       -- a JPEG; NULL: the picture is small enough
    bytes     BLOB                        -- the file's bytes; NULL: picture.path has them
);

CREATE TABLE split (
    id   INTEGER PRIMARY KEY,             -- rises in the order of first imports
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE split_item (
    split  INTEGER NOT NULL REFERENCES split ON DELETE CASCADE,
    source INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    place  INTEGER NOT NULL,              -- among the items that this source put into the split
    item   INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    PRIMARY KEY (split, source, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX split_item_item ON split_item (item, split);

CREATE TABLE caption (
    id        INTEGER PRIMARY KEY,
    source    INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    split     TEXT NOT NULL,
    pair      INTEGER NOT NULL,
    target    INTEGER REFERENCES item ON DELETE CASCADE, -- NULL: kept secret
    candidate INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    text      TEXT NOT NULL
);
CREATE INDEX caption_source ON caption (source);
CREATE INDEX caption_target ON caption (target);
CREATE INDEX caption_candidate ON caption (candidate);
