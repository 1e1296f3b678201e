import { describe, expect, it } from 'vitest';
import { InputError, closest, suggestion } from '../src/error.js';

describe('suggestions', () => {
  it('finds the nearest candidate whatever the case', () => {
    expect(closest('ADMA', ['sgd', 'adam', 'momentum'])).toBe('adam');
    expect(closest('kesker', ['hessian-top', 'keskar'])).toBe('keskar');
  });

  it('finds nothing where no candidate is near', () => {
    expect(closest('imagenet', ['mnist'])).toBeUndefined();
    expect(suggestion('imagenet', ['mnist'])).toBe('');
    expect(suggestion('x', [])).toBe('');
  });

  it('words the suggestion as a question', () => {
    expect(suggestion('mnits', ['mnist'])).toBe(', did you mean "mnist"?');
  });

  it('tells input errors from others by class and name', () => {
    const error = new InputError('a.yaml:1:2: wrong.');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('InputError: a.yaml:1:2: wrong.');
  });
});
