def f:
  .a |
  foo;
f
