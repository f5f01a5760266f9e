import { describe, expect, it } from 'vitest';
import { format, parse, views } from '../src/address';

describe('address', () => {
    it('names every view', () => {
        for (const view of views) {
            expect(parse(format({ view, params: {} }))).toEqual({ view, params: {} });
        }
    });

    it('brings every parameter back, whatever is in it', () => {
        const params = { filter: 'a b&c=#?/ü', sort: 'loss.down', runs: '5c0f,abcd' };
        expect(parse(format({ view: 'history', params }))).toEqual({ view: 'history', params });
    });

    it('leaves out what is empty', () => {
        expect(format({ view: 'log', params: { text: '' } })).toBe('#/log');
    });

    it('takes what it does not know for the run', () => {
        for (const hash of ['', '#', '#/', '#/nonsense', '#nonsense?x=1']) {
            expect(parse(hash).view).toBe('run');
        }
        expect(parse('#/run?x=time').params).toEqual({ x: 'time' });
    });
});
