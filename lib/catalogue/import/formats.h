/* The formats that can be imported, one file and one function each. */
#ifndef CATALOGUE_IMPORT_FORMATS_H
#define CATALOGUE_IMPORT_FORMATS_H

#include "catalogue/import/job.h"

/* Reads the job's source and hands over what it holds. GMR_ERR_FORMAT: it is not of that format. */
enum gmr_status import_folder(struct import_job *job);
enum gmr_status import_table(struct import_job *job); /* csv and jsonl */
enum gmr_status import_fashion_products(struct import_job *job);
enum gmr_status import_fashioniq(struct import_job *job);
enum gmr_status import_shoes(struct import_job *job);

#endif
