/* delivery.h - a whole backup into a place where nobody keeps backups, as often as the way there breaks.
 *
 * Nothing is claimed there, removed or read back: who may write and list can deliver. */
#ifndef MB_TRANSFER_DELIVERY_H
#define MB_TRANSFER_DELIVERY_H

#include "transfer/transfer.h"

struct mb_delivery;

/* Reads what there is to send; of the description `to`, take_over and timing do not count. */
mb_status mb_delivery_new(struct mb_delivery **out, const struct mb_transfer *what, struct mb_cancel *cancel,
                          struct mb_error *error);
void mb_delivery_free(struct mb_delivery *delivery); /* NULL is allowed */

const char *mb_delivery_backup_id(const struct mb_delivery *delivery);
uint64_t mb_delivery_objects(const struct mb_delivery *delivery); /* that will lie there */
uint64_t mb_delivery_bytes(const struct mb_delivery *delivery); /* of its data, as far as the backup tells */

/* Sends what is not there yet with its size, and the descriptions; backup_meta.json goes last.  May be called
 * again, with another store for the same place.  An object there that is no part of the backup is
 * MB_E_EXISTS.
 */
mb_status mb_delivery_send(struct mb_delivery *delivery, const struct mb_catalog *to,
                           struct mb_cancel *cancel, struct mb_error *error);

/* Objects of data that were sent by all calls. */
uint64_t mb_delivery_arrived(const struct mb_delivery *delivery);

/* Of the last call. */
const struct mb_transfer_report *mb_delivery_report(const struct mb_delivery *delivery);

#endif
