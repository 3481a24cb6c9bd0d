// What OpenStack says when it refuses: its shapes of error read into one, and quotas recognised in it.
import type { ClientError, FailedResponse } from '../http/error.ts';

export interface ApiError {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
}

/** `{error: {…}}` of Keystone and its middleware, `{errors: […]}` of Magnum, `{forbidden: {…}}` and the like of Nova. */
export function apiErrorOf(response: FailedResponse): ApiError | null {
  let body: unknown;
  try {
    body = JSON.parse(response.body);
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null) return null;
  if ('errors' in body && Array.isArray(body.errors)) return partsOf(body.errors[0]);
  if ('error' in body) return partsOf(body.error);
  return partsOf(Object.values(body)[0]);
}

function partsOf(value: unknown): ApiError | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const text = (key: string): string => {
    const field = fields[key];
    return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
  };
  const found = { code: text('code'), title: text('title'), detail: text('detail') || text('message') };
  return found.title === '' && found.detail === '' ? null : found;
}

/** What the cloud's people find the call by in their logs. */
export const requestIdOf = (response: Pick<FailedResponse, 'headers'>): string | null =>
  response.headers['x-openstack-request-id'] ?? response.headers['x-compute-request-id'] ?? null;

/** For messages: short, one line. */
export function explainApiError(response: FailedResponse): string | null {
  const found = apiErrorOf(response);
  if (found === null) return null;
  const said = [found.title, found.detail]
    .filter((part, at, all) => part !== '' && all.indexOf(part) === at)
    .join(': ');
  return said.replaceAll(/\s+/g, ' ').slice(0, 300);
}

/** Also for the status_reason of a group whose update failed. */
export const namesQuota = (text: string | null | undefined): boolean => /quota/i.test(text ?? '');

/** A refusal for want of quota has many statuses: 403, 400, 413, 409; it is known by its words. */
export function withQuota(error: ClientError): ClientError {
  if (error.response === null || error.code === 'Unauthorized') return error;
  const found = apiErrorOf(error.response);
  if (found === null || !namesQuota(`${found.title} ${found.detail} ${found.code}`)) return error;
  return error.retold({ code: 'QuotaExceeded', message: error.message });
}
