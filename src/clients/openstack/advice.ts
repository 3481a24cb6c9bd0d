// What OpenStack means by each of its refusals, and who can mend it: the sentence that follows the bare status.
import type { Advice } from '../http/error.ts';

const busy: Advice = {
  TooManyRequests:
    'the cloud limits how often it is asked; it is asked again when the time that it names is over: raise `interval`, or have the limit raised',
};

export const advice: Readonly<Record<'Keystone' | 'Magnum' | 'Nova', Advice>> = {
  Keystone: {
    ...busy,
    Unauthorized:
      'the user, the password, the application credential or its project is wrong, expired or disabled: make a new application credential and put it where this one was read',
    Forbidden: 'the account may not log in to this project: give it a role there',
    NotFound: 'auth_url does not lead to Keystone v3: it usually ends with /v3',
    ServerFault: 'Keystone itself fails: look at its log; a token that still holds is used meanwhile',
  },
  Magnum: {
    ...busy,
    Unauthorized:
      'a new token was refused too: Magnum cannot check tokens at Keystone, or the account was disabled a moment ago',
    Forbidden:
      "the account may not do this to clusters: it needs the role `member` in the cluster's project. The user of a cluster's own cloud-config may act on Magnum only where Magnum has cluster_user_trust on",
    NotFound:
      'there is no such cluster or node group in the project of these credentials (Magnum hides those of others the same way): check openstack.cluster, the name of the group and the project',
    NotAcceptable:
      'this Magnum does not know the microversion: it is asked anew what it speaks; node groups need 1.9 (Magnum of the Train release)',
    Conflict:
      'the cluster is being changed, or its name is not unique: it is read again with the next tick; write its uuid in openstack.cluster',
    BadRequest: "Magnum refuses the numbers: compare the group's min_node_count and max_node_count with the policy",
    QuotaExceeded:
      'the project has no quota left for it: raise the quota or free some of it; other groups are tried meanwhile',
    ServerFault:
      'Magnum fails: look for the request id in the logs of magnum-api and magnum-conductor; the group is asked again with the next tick, others are not held up',
    Timeout: 'whether Magnum has it is seen in the group; look at the load of magnum-api and its database',
  },
  Nova: {
    ...busy,
    Forbidden: 'the account may not read this of Nova: quota and servers stay unknown; give it the role `reader`',
    NotFound: 'the catalog leads to something else than Nova: check the endpoint of the service compute',
    ServerFault: 'Nova fails: look at its log; quota and servers stay unknown until it answers',
  },
};
