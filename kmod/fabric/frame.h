/* SPDX-License-Identifier: GPL-2.0 */
/* Start and end of the reserve of frames; the frames themselves are in link.h. */
#ifndef KNELL_FABRIC_FRAME_H
#define KNELL_FABRIC_FRAME_H

int knell_frame_init(void);
void knell_frame_exit(void);

#endif /* KNELL_FABRIC_FRAME_H */
