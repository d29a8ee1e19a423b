/* place.h - a volume's place as a store.  Only for this room. */
#ifndef MB_MIGRATE_PLACE_H
#define MB_MIGRATE_PLACE_H

#include "migrate/migrate.h"

/* MB_E_UNSUPPORTED for a provider that no driver serves with such credentials. */
mb_status mb_place_open(struct mb_storage **out, const struct mb_migrate *migrate,
                        const struct mb_cloud_place *place, struct mb_error *error);

/* May so much be put there?  MB_E_NO_SPACE names the limit. */
mb_status mb_place_holds(const struct mb_cloud_place *place, uint64_t objects, uint64_t bytes,
                         struct mb_error *error);

#endif
