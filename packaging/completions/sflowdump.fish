complete -c sflowdump -s r -d 'Read a recorded feed, do not listen; with --forward, send it again' -r -F
complete -c sflowdump -s w -d 'File to write; - for standard output (default)' -r -F
complete -c sflowdump -s C -d 'Begin another file after so many million bytes' -r
complete -c sflowdump -s G -d 'Begin another file after this time; -w takes strftime formats' -r
complete -c sflowdump -s W -d 'Keep N files with -C, or end after N files with -G' -r
complete -c sflowdump -s c -d 'Stop after N packets' -r
complete -c sflowdump -l duration -d 'Stop after this time' -r
complete -c sflowdump -l speed -d 'Replay a recorded feed this many times faster' -r
complete -c sflowdump -l loop -d 'Replay it N times; 0 for until stopped' -r
complete -c sflowdump -l publish -d 'Write datagrams to Kafka: BROKER[:PORT],.../TOPIC; packets need -w' -r
complete -c sflowdump -l format -d 'Kind of file [pcapng (default), pcap]' -r -f -a "pcapng\t''
pcap\t''"
complete -c sflowdump -l port -d 'UDP port that switches send sFlow to [default: 6343]' -r
complete -c sflowdump -l listen -d 'Address or multicast group to receive on (default: all)' -r
complete -c sflowdump -l receive-buffer -d 'Kernel\'s socket buffer in MiB (default: 0, as large as allowed)' -r
complete -c sflowdump -l tap -d 'Let dumpcap watch sFlow pass this interface, instead of listening' -r
complete -c sflowdump -l sflow-rt -d 'Ask this sFlow-RT to forward here, such as http://10.0.0.9:8008' -r
complete -c sflowdump -l advertise -d 'Where sFlow-RT is to send to (default: this host, and the port)' -r
complete -c sflowdump -l forward -d 'Copy every datagram on to other collectors: HOST[:PORT],...' -r
complete -c sflowdump -l kafka -d 'Read datagrams from Kafka: BROKER[:PORT],.../TOPIC' -r
complete -c sflowdump -l kafka-start -d 'Where to begin: latest (default), earliest, -15m, or a time' -r
complete -c sflowdump -l partitions -d 'Only these partitions, such as 0-3,7; or a share of them: 1/4' -r
complete -c sflowdump -l kafka-format -d 'What messages are [auto (default), raw, akvorado]' -r -f -a "auto\t'Found by themselves'
raw\t'Datagrams'
akvorado\t'Akvorado\'s'"
complete -c sflowdump -l kafka-config -d 'File with Kafka\'s client properties: TLS, user and password' -r -F
complete -c sflowdump -l agent -d 'Only this agent; in Wireshark, Scan lists those heard in 2 seconds' -r
complete -c sflowdump -l interface -d 'Only this agent\'s port, by ifIndex: 10.0.0.1:17; Scan lists them' -r
complete -c sflowdump -l agents -d 'Only these agents, ! to leave out, such as 10.0.0.0/8,!10.1.0.1' -r
complete -c sflowdump -l match-source -d 'Only datagrams that come from one of --agents, too [default: false]' -r -f -a "true\t''
false\t''"
complete -c sflowdump -l interfaces -d 'Only samples taken by these ifIndex numbers, such as 17,1-48' -r
complete -c sflowdump -l direction -d 'Only packets that went this way at the port [both (default), in, out]' -r -f -a "both\t'Both'
in\t'In'
out\t'Out'"
complete -c sflowdump -l packets -d 'Only these kinds of packets [default: flow, discard]' -r -f -a "flow\t'Sampled packets'
discard\t'Discarded packets'"
complete -c sflowdump -l max-rate -d 'At most N packets a second, thinned evenly (default: 0, no limit)' -r
complete -c sflowdump -l content -d 'Sampled packets or whole datagrams [packets (default), datagrams, both]' -r -f -a "packets\t'Sampled packets'
datagrams\t'sFlow datagrams'
both\t'Both'"
complete -c sflowdump -l comments -d 'Tell agent, ports, rate and more in packet comments [default: true]' -r -f -a "true\t''
false\t''"
complete -c sflowdump -l synthetic -d 'Make packets from fields where no header is sent [default: true]' -r -f -a "true\t''
false\t''"
complete -c sflowdump -l link-type -d 'All as Ethernet, or each with its link type [ethernet (default), native]' -r -f -a "ethernet\t'Ethernet'
native\t'Each protocol\'s own'"
complete -c sflowdump -l backlog -d 'Memory in MiB for packets that the reader has yet to take [default: 64]' -r
complete -c sflowdump -l log-level -d 'How much is logged [message (default), info, debug, noisy]' -r -f -a "message\t'Message'
info\t'Info'
debug\t'Debug'
noisy\t'Noisy'"
complete -c sflowdump -l log-file -d 'File that log messages are written to' -r -F
complete -c sflowdump -l install -d 'Add the program, its script and profile to your own Wireshark'
complete -c sflowdump -l uninstall -d 'Undo --install'
complete -c sflowdump -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sflowdump -s V -l version -d 'Print version'
