import type { ChannelType } from '../channel.ts';
import { dingTalk } from './dingtalk.ts';
import { feishu } from './feishu.ts';
import type { Format } from './format.ts';
import { slack } from './slack.ts';
import { sns } from './sns.ts';
import { webhook } from './webhook.ts';
import { weCom } from './wecom.ts';

/** One line for each type of channel. */
export const FORMATS = {
  WEBHOOK: webhook,
  DINGTALK: dingTalk,
  WECOM: weCom,
  FEISHU: feishu,
  SLACK: slack,
  SNS: sns,
} satisfies Record<ChannelType, Format> as Record<ChannelType, Format>;
