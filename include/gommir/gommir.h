/* gommir: conversational search in a catalogue of pictures. This header includes all others; each
 * opens with an example of its use.
 *
 * Rules that hold everywhere: calls that can fail return an `enum gmr_status` and leave a sentence
 * in gmr_error_message(); handles are opaque, made by _create or _open and given back by _destroy
 * or _close; pointers that a call returns are borrowed; the library neither prints nor exits and
 * has no global state. */
#ifndef GOMMIR_GOMMIR_H
#define GOMMIR_GOMMIR_H

#include <gommir/catalogue.h>
#include <gommir/context.h>
#include <gommir/demo.h>
#include <gommir/encoder.h>
#include <gommir/evaluation.h>
#include <gommir/ranking.h>
#include <gommir/recommender.h>
#include <gommir/simulation.h>
#include <gommir/status.h>
#include <gommir/training.h>
#include <gommir/version.h>
#include <gommir/weights.h>

#endif
