// SPDX-License-Identifier: GPL-2.0
/* knell.ko: starts the floors from the bottom up and ends them from the top down. */
#include <linux/module.h>

#include "fabric/frame.h"
#include "fabric/initiator.h"
#include "fabric/switch.h"
#include "fault/fault.h"
#include "health/health.h"
#include "netlink/netlink.h"
#include "notice/keepalive.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"
#include "recovery/recovery.h"

static const struct knell_health_ops health_ops = {
	.verdict = knell_notice_verdict,
	.answer = knell_nl_event_answer,
	.stuck = knell_notice_stuck,
	.conflict = knell_nl_event_conflict,
};

static const struct knell_gasp_ops gasp_ops = {
	.died = knell_notice_died,
};

static void session_up(struct scsi_device *sdev)
{
	knell_keepalive(sdev);
	knell_lastgasp_session_up(sdev);
}

static const struct knell_initiator_ops initiator_ops = {
	.session_up = session_up,
	.session_down = knell_lastgasp_session_down,
};

/*
 * Before a cluster is installed nothing happens by itself, and while one is
 * installed the module is pinned: so a callback that still comes from a floor
 * below one that is gone finds no cluster and does nothing.
 */
static int __init knell_init(void)
{
	int ret;

	knell_fault_init();
	ret = knell_frame_init();
	if (ret)
		goto err_fault;
	ret = knell_switch_init();
	if (ret)
		goto err_frame;
	ret = knell_lastgasp_init(&gasp_ops);
	if (ret)
		goto err_switch;
	ret = knell_health_init(&health_ops);
	if (ret)
		goto err_lastgasp;
	ret = knell_notice_init();
	if (ret)
		goto err_health;
	ret = knell_recovery_init();
	if (ret)
		goto err_notice;
	ret = knell_netlink_init();
	if (ret)
		goto err_recovery;
	ret = knell_initiator_init(&initiator_ops);
	if (ret)
		goto err_netlink;
	return 0;

err_netlink:
	knell_netlink_exit();
err_recovery:
	knell_recovery_exit();
err_notice:
	knell_notice_exit();
err_health:
	knell_health_exit();
err_lastgasp:
	knell_lastgasp_exit();
err_switch:
	knell_switch_exit();
err_frame:
	knell_frame_exit();
err_fault:
	knell_fault_exit();
	return ret;
}

static void __exit knell_exit(void)
{
	knell_switch_close();
	knell_initiator_exit();
	knell_netlink_exit();
	knell_recovery_exit();
	knell_notice_exit();
	knell_health_exit();
	knell_lastgasp_exit();
	knell_switch_exit();
	knell_frame_exit();
	knell_fault_exit();
}

module_init(knell_init);
module_exit(knell_exit);

MODULE_DESCRIPTION("Failover clustering over the storage fabric");
MODULE_AUTHOR("knell developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
