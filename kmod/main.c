// SPDX-License-Identifier: GPL-2.0
/* knell.ko: starts the floors from the bottom up and ends them from the top down. */
#include <linux/module.h>

#include "fabric/frame.h"
#include "fabric/initiator.h"
#include "fabric/switch.h"

static int __init knell_init(void)
{
	int ret;

	ret = knell_frame_init();
	if (ret)
		return ret;
	ret = knell_switch_init();
	if (ret)
		goto err_frame;
	ret = knell_initiator_init(NULL);
	if (ret)
		goto err_switch;
	return 0;

err_switch:
	knell_switch_exit();
err_frame:
	knell_frame_exit();
	return ret;
}

static void __exit knell_exit(void)
{
	knell_initiator_exit();
	knell_switch_close();
	knell_switch_exit();
	knell_frame_exit();
}

module_init(knell_init);
module_exit(knell_exit);

MODULE_DESCRIPTION("Failover clustering over the storage fabric");
MODULE_AUTHOR("knell developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
