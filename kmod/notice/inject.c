// SPDX-License-Identifier: GPL-2.0
/*
 * The last gasp as an ordinary command on the mailbox session.
 *
 * Beforehand: a frame with Ethernet, IP and TCP header, an iSCSI SCSI Command
 * PDU that carries KNELL SEND, and its immediate data: hop header, frame
 * header, node record DOWN. While dying, only numbers are filled in: TCP
 * sequence, acknowledgement, window and timestamp, CmdSN and ExpStatSN, the
 * reason and the checksums. The target sees a command on an authenticated
 * session; TCP and libiscsi on this side never learn of it.
 *
 * That works if nothing of the connection is under way: a segment or a PDU
 * begun before would be continued by ours. knell_inject_idle() says when. All
 * it reads may be half-changed by the context that died; whatever it misjudges,
 * the worst is a PDU the target drops, and the certificate goes out next.
 *
 * Context and locking: prepare and release in process context under RTNL.
 * knell_inject_aim() in any context, NMI included: no allocation, no sleeping,
 * no locks; the memory it reads is pinned by the nexus.
 */
#include <linux/crc32.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/timekeeping.h>
#include <net/tcp.h>
#include <scsi/iscsi_proto.h>
#include <scsi/libiscsi.h>
#include <scsi/scsi_device.h>

#include "compat/tcp.h"
#include "inject.h"
#include "nexus.h"

/* Outside the tags libiscsi gives: task index in the low, age in the high bits. */
#define KNELL_INJECT_ITT	0x6fff0001

/* Immediate data of the PDU; a multiple of four, so the PDU needs no padding. */
struct knell_inject_data {
	struct knell_hop_hdr hop;
	struct knell_frame_hdr frame;
	struct knell_wire_node record;
} __packed;

struct knell_inject_pdu {
	struct iscsi_scsi_req bhs;
	struct knell_inject_data data;
} __packed;

static_assert(sizeof(struct knell_inject_data) == 76);
static_assert(sizeof(struct knell_inject_pdu) == ISCSI_HDR_LEN + 76);

static size_t knell_inject_tcp_len(const struct tcp_sock *tp)
{
	return sizeof(struct tcphdr) + (tp->rx_opt.tstamp_ok ? TCPOLEN_TSTAMP_ALIGNED : 0);
}

static struct knell_inject_pdu *knell_inject_pdu(const struct knell_inject *inject)
{
	return (void *)(skb_tail_pointer(inject->skb) - sizeof(struct knell_inject_pdu));
}

static void knell_inject_fill_data(struct knell_inject_data *data,
				   const struct knell_inject_self *self)
{
	data->hop.magic = cpu_to_be32(KNELL_HOP_MAGIC);
	data->hop.version = KNELL_WIRE_VERSION;
	data->hop.length = cpu_to_be16(sizeof(*data) - sizeof(data->hop));

	data->frame.version = KNELL_WIRE_VERSION;
	data->frame.kind = KNELL_FRAME_NODE;
	data->frame.hops = KNELL_HOP_LIMIT;
	data->frame.cluster = cpu_to_be32(self->cluster);
	data->frame.origin = cpu_to_be16(self->node);
	data->frame.dest = cpu_to_be16(KNELL_NODE_ALL);
	data->frame.epoch = cpu_to_be32(self->epoch);
	data->frame.length = cpu_to_be16(sizeof(data->record));

	data->record.node = cpu_to_be16(self->node);
	data->record.author = cpu_to_be16(self->node);
	data->record.status = KNELL_STATUS_DOWN;
	data->record.role = self->role;
	data->record.epoch = cpu_to_be32(self->epoch);
	data->record.seq = cpu_to_be32(U32_MAX);
}

static void knell_inject_fill_bhs(struct iscsi_scsi_req *bhs, u64 lun)
{
	const u16 len = sizeof(struct knell_inject_data);

	bhs->opcode = ISCSI_OP_SCSI_CMD;
	bhs->flags = ISCSI_FLAG_CMD_FINAL | ISCSI_FLAG_CMD_WRITE | ISCSI_ATTR_SIMPLE;
	hton24(bhs->dlength, len);
	int_to_scsilun(lun, &bhs->lun);
	bhs->itt = (__force itt_t)cpu_to_be32(KNELL_INJECT_ITT);
	bhs->data_length = cpu_to_be32(len);
	bhs->cdb[0] = KNELL_OP_SEND;
	bhs->cdb[1] = KNELL_CDB_SIGNATURE;
	bhs->cdb[6] = KNELL_CDB_F_UNSEQUENCED;
	bhs->cdb[7] = len >> 8;
	bhs->cdb[8] = len & 0xff;
}

static void knell_inject_fill_tcp(struct sk_buff *skb, const struct sock *sk)
{
	struct tcphdr *th = tcp_hdr(skb);

	th->source = inet_sk(sk)->inet_sport;
	th->dest = inet_sk(sk)->inet_dport;
	th->doff = knell_inject_tcp_len(tcp_sk(sk)) / 4;
	th->ack = 1;
	th->psh = 1;
}

/**
 * knell_inject_prepare() - build the frame for a session
 * @inject: filled
 * @nexus: session; referenced on success
 * @self: what the notice says
 *
 * Context: process, RTNL held.
 * Return: 0; -EAGAIN the MAC of the next hop is not known yet (@inject is to
 * be released all the same); -EHOSTUNREACH etc. there is no way; -ENOMEM.
 */
int knell_inject_prepare(struct knell_inject *inject, struct knell_nexus *nexus,
			 const struct knell_inject_self *self)
{
	struct knell_inject_pdu *pdu;
	int err;

	memset(inject, 0, sizeof(*inject));
	err = knell_path_resolve(&inject->path, nexus->family, nexus->dst, nexus->src);
	if (err)
		return err;
	inject->nexus = knell_nexus_get(nexus);
	if (!knell_path_ready(&inject->path))
		return -EAGAIN;

	inject->skb = knell_path_skb(&inject->path, IPPROTO_TCP,
				     knell_inject_tcp_len(tcp_sk(nexus->sk)) + sizeof(*pdu));
	if (!inject->skb)
		return -ENOMEM;
	pdu = knell_inject_pdu(inject);
	knell_inject_fill_tcp(inject->skb, nexus->sk);
	knell_inject_fill_bhs(&pdu->bhs, nexus->sdev->lun);
	knell_inject_fill_data(&pdu->data, self);
	return 0;
}

/**
 * knell_inject_release() - give everything back
 * @inject: prepared, also unsuccessfully, or zero
 *
 * Context: process, RTNL held; no dying CPU may see @inject any more.
 */
void knell_inject_release(struct knell_inject *inject)
{
	kfree_skb(inject->skb);
	inject->skb = NULL;
	knell_path_release(&inject->path);
	if (inject->nexus)
		knell_nexus_put(inject->nexus);
	inject->nexus = NULL;
}

/* Is nothing of the connection under way, and would the target take one more command? */
static bool knell_inject_idle(const struct knell_nexus *nexus)
{
	const struct iscsi_session *session = nexus->session;
	const struct iscsi_conn *conn = nexus->conn;
	const struct sock *sk = nexus->sk;
	const struct tcp_sock *tp = tcp_sk(sk);

	if (session->state != ISCSI_STATE_LOGGED_IN || session->leadconn != conn ||
	    conn->c_stage != ISCSI_CONN_STARTED)
		return false;
	if (conn->task || conn->hdrdgst_en || conn->datadgst_en)
		return false;
	if (!session->imm_data_en || conn->max_xmit_dlength < sizeof(struct knell_inject_data) ||
	    session->first_burst < sizeof(struct knell_inject_data))
		return false;
	if (!iscsi_sna_lte(session->cmdsn, session->max_cmdsn))
		return false;
	if (sk->sk_state != TCP_ESTABLISHED || sock_owned_by_user_nocheck(sk))
		return false;
	return tp->write_seq == tp->snd_nxt &&
	       tcp_wnd_end(tp) - tp->snd_nxt >= sizeof(struct knell_inject_pdu);
}

static void knell_inject_aim_tcp(struct sk_buff *skb, const struct tcp_sock *tp)
{
	struct tcphdr *th = tcp_hdr(skb);
	__be32 *option = (__be32 *)(th + 1);

	th->seq = htonl(tp->snd_nxt);
	th->ack_seq = htonl(tp->rcv_nxt);
	th->window = htons(min_t(u32, tp->rcv_wnd >> tp->rx_opt.rcv_wscale, U16_MAX));
	if (!tp->rx_opt.tstamp_ok)
		return;
	option[0] = htonl((TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_TIMESTAMP << 8) |
			  TCPOLEN_TIMESTAMP);
	option[1] = htonl(knell_tcp_tsval(tp, ktime_get_mono_fast_ns()));
	option[2] = htonl(tp->rx_opt.ts_recent);
}

/**
 * knell_inject_aim() - fill in the numbers of this moment
 * @inject: prepared
 * @reason: cause of death
 * @real_ns: CLOCK_REALTIME, for people
 *
 * Context: any, NMI included; dying. See the top of the file.
 * Return: true if @inject->skb may be transmitted.
 */
bool knell_inject_aim(struct knell_inject *inject, enum knell_reason reason, u64 real_ns)
{
	const struct knell_nexus *nexus = inject->nexus;
	struct knell_inject_pdu *pdu;
	struct knell_inject_data *data;

	if (!inject->skb || !knell_inject_idle(nexus))
		return false;

	pdu = knell_inject_pdu(inject);
	pdu->bhs.cmdsn = cpu_to_be32(nexus->session->cmdsn);
	pdu->bhs.exp_statsn = cpu_to_be32(nexus->conn->exp_statsn);

	data = &pdu->data;
	data->record.reason = reason;
	data->record.stamp_ns = cpu_to_be64(real_ns);
	data->hop.crc = cpu_to_be32(~__crc32c_le(~0, (u8 *)&data->frame,
						 sizeof(data->frame) + sizeof(data->record)));

	knell_inject_aim_tcp(inject->skb, tcp_sk(nexus->sk));
	knell_path_checksum(&inject->path, inject->skb, IPPROTO_TCP, &tcp_hdr(inject->skb)->check);
	return true;
}
