import t from 'tap'

t.pass('the runner runs')
