// The story of the leader on a true API server, with twenty kills in place of three, each in the middle of a drain.
process.env['SPRINGTIDE_KILLS'] ??= '20';
await import('../real/leader.test.ts');
