'use strict';

require('no-such-package');
