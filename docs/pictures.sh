#!/bin/bash
# Makes the pictures in docs/images: of those that the tests of Wireshark's windows keep, smaller.
#     docs/pictures.sh FOLDER     after these tests; cargo's folder for what tests keep, target/tmp
set -eu
seen=$1/gui
cd "$(dirname "$0")"

# A picture, and the part of it that is shown.
picture() {
    convert "$seen/$2.png" -crop "$3" +repage +dither -colors 64 "png8:images/$1.png"
}
picture wireshark walk-toolbar 1200x800+0+0
picture list walk-list 1200x280+0+0
picture dialog walk-agents 600x428+290+146
picture graph profile-graph 880x620+148+50
ls -l images
