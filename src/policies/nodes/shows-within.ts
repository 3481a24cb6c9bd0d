// How long a resize that Magnum has taken may not show: until then it counts as ordered, from then on as dropped, and at no instant as neither.
import type { SentResize } from '../../model/memory.ts';
import { minutes, since, type Instant } from '../../model/units.ts';

export const showsWithin = minutes(1);

export const mayStillShow = (sent: SentResize, now: Instant): boolean => since(sent.at, now) <= showsWithin;
