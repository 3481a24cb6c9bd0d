"""Waits until the conductor takes messages: what is cast before that is lost.

usage: listening.py AMQP-PORT SECONDS
"""
import sys
import time

import amqp

port, seconds = sys.argv[1:]
end = time.time() + float(seconds)
connection = amqp.Connection('127.0.0.1:%s' % port)
connection.connect()
while True:
    try:
        # a refused question closes its channel: each has one of its own
        queue = connection.channel().queue_declare('magnum-conductor',
                                                   passive=True)
        if queue.consumer_count > 0:
            break
    except amqp.exceptions.NotFound:
        pass
    if time.time() > end:
        sys.exit('the conductor takes no messages')
    time.sleep(0.1)
connection.close()
