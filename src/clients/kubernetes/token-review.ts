// Whose a bearer token is, and whether its owner may read springtide's own API: TokenReview and SubjectAccessReview.
import { z } from 'zod';
import type { KubernetesTransport } from './transport.ts';

/** The non-resource URLs that RBAC rules name. */
const reading = { path: '/springtide', verb: 'get' };
const acknowledging = { path: '/springtide/acknowledge', verb: 'post' };

export interface ReviewedToken {
  readonly name: string;
  readonly mayRead: boolean;
  readonly mayAcknowledge: boolean;
}

const tokenReview = z.looseObject({
  status: z.looseObject({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).optional(),
    user: z
      .looseObject({
        // of a token that nobody knows the API server sends an empty user
        username: z.string().optional(),
        uid: z.string().optional(),
        groups: z.array(z.string()).optional(),
        extra: z.record(z.string(), z.array(z.string())).optional(),
      })
      .optional(),
  }),
});
const accessReview = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** null: the API server knows no such token, or it is meant for another audience. */
export async function reviewToken(
  transport: KubernetesTransport,
  token: string,
  audiences: readonly string[] | undefined,
): Promise<ReviewedToken | null> {
  const asked = await transport.request({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, ...(audiences !== undefined && { audiences }) },
    },
    idempotent: true,
    operation: 'token review',
  });
  const { authenticated, user, audiences: meant } = tokenReview.parse(asked.json()).status;
  const { username, uid, groups, extra } = user ?? {};
  if (!authenticated || username === undefined) return null;
  // An authenticator that knows no audiences answers without them: then the token proves nothing about whom it is for.
  if (audiences !== undefined && !audiences.some((audience) => meant?.includes(audience) === true)) return null;

  const may = async (nonResourceAttributes: typeof reading): Promise<boolean> => {
    const answer = await transport.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: username, uid, groups, extra, nonResourceAttributes },
      },
      idempotent: true,
      operation: 'access review',
    });
    return accessReview.parse(answer.json()).status.allowed;
  };
  const [mayRead, mayAcknowledge] = await Promise.all([may(reading), may(acknowledging)]);
  return { name: username, mayRead, mayAcknowledge };
}
