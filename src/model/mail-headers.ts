// Headers of a mail that its configuration may name, and those that only the program that sends it can know.

const own = /^(?:bcc|date|message-id|mime-version|content-.*|return-path|received)$/i;

/** What the mail is made of, or what servers add: nobody else's to say. */
export const isOwnMailHeader = (name: string): boolean => own.test(name);

/** Every visible letter of ASCII but the colon. */
export const isMailHeaderName = (name: string): boolean => /^[!-9;-~]+$/.test(name);
