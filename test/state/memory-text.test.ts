// A memory from outside: what is missing is filled in, what is wrong is named, what is newer is refused.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory, emptyMemory, emptyTargetMemory } from '../../src/model/memory.ts';
import { atOnce } from '../../src/slices.ts';
import { memoryOf, memoryText, parseMemory, writingMemory } from '../../src/state/memory-text.ts';

describe('a memory that is read', () => {
  it('is empty where it says nothing', () => {
    expect(memoryOf({}, 'here')).toEqual(emptyMemory());
  });

  it('is filled in where an older writer knew less', () => {
    const memory = memoryOf({ schema: 1, targets: { 'shop/Deployment/web': {} }, groups: { workers: {} } }, 'here');
    expect(memory.targets['shop/Deployment/web']).toEqual(emptyTargetMemory);
    expect(memory.groups['workers']).toEqual(emptyGroupMemory);
  });

  it('is the same after a journey through text', () => {
    const memory = { ...emptyMemory(), targets: { a: emptyTargetMemory }, groups: { b: emptyGroupMemory } };
    expect(parseMemory(memoryText(memory), 'here')).toEqual(memory);
  });

  it.each([0, 1, 256, 700])('is the same in pieces, with %i targets', (count) => {
    const targets = Object.fromEntries(Array.from({ length: count }, (_, at) => [`shop/x/"${at}"`, emptyTargetMemory]));
    const memory = { ...emptyMemory(), targets };
    expect(JSON.parse(atOnce(writingMemory(memory)).join(''))).toEqual(JSON.parse(memoryText(memory)));
  });

  it.each([
    ['no JSON', '{', 'MemoryUnreadable'],
    ['a number', '1', 'MemoryUnreadable'],
    ['a wrong entry', '{"schema":1,"targets":{"x":{"recommendations":[{"at":"noon"}]}}}', 'MemoryUnreadable'],
    ['a newer schema', '{"schema":2}', 'MemoryTooNew'],
  ])('is refused where it is %s', (_name, text, code) => {
    expect(() => parseMemory(text, 'memory.json')).toThrow(expect.objectContaining({ code, where: 'memory.json' }));
  });
});
