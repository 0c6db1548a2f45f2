-- What critics said of pairs of pictures, and the vectors of what was said. All of it is derived:
-- whoever has made a row can make it again.
--
-- `maker` is the first half of the SHA-256 of the digest of a critic or an encoder, `sum` the CRC-32
-- of all other columns but that, in their order: a row that does not agree with it is not used.

CREATE TABLE critique (
    maker             BLOB NOT NULL,
    target            INTEGER NOT NULL, -- the item's id in the catalogue,
    target_picture    INTEGER NOT NULL, -- and the stamp of its picture
    candidate         INTEGER NOT NULL,
    candidate_picture INTEGER NOT NULL,
    text              TEXT NOT NULL,    -- '' where there was nothing to say
    sum               INTEGER NOT NULL,
    PRIMARY KEY (maker, target, candidate, target_picture, candidate_picture)
) WITHOUT ROWID;

CREATE TABLE feature (
    maker  BLOB NOT NULL,
    text   TEXT NOT NULL,
    vector BLOB NOT NULL, -- little-endian 32-bit floats
    sum    INTEGER NOT NULL,
    PRIMARY KEY (maker, text)
) WITHOUT ROWID;
