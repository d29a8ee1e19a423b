/* crc32c.h - CRC-32C (Castagnoli, RFC 3720 appendix B.4). */
#ifndef MB_BASE_CRC32C_H
#define MB_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of data appended to something whose checksum is crc; start with 0. */
uint32_t mb_crc32c(uint32_t crc, const void *data, size_t len);

/* Of two runs joined, the second being len2 bytes long. */
uint32_t mb_crc32c_join(uint32_t crc1, uint32_t crc2, uint64_t len2);

void mb_crc32c_big_endian(uint32_t crc, uint8_t out[4]);

#endif
