#!/usr/bin/env bash
# Builds a small bootable guest for tests: Debian's cloud kernel, BusyBox, and a boot loader, in one qcow2 image of some 20 MiB.
# It brings up eth0 with the address that the hypervisor tells it, prints one line on the serial console
#     IAAS-GUEST id=<vm id> address=<address>
# and powers off when asked through ACPI.
#
#   make-guest.sh IMAGE.qcow2      builds the image, unless it is there and newer than this script and the kernel
#   make-guest.sh --packages       prints the Debian packages that this and the KVM driver need
#
# Needs no root and no loop mounts.
set -euo pipefail

PACKAGES="libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils iproute2
    linux-image-cloud-amd64 busybox-static cpio mtools dosfstools fdisk syslinux extlinux"

if [[ ${1:-} == --packages ]]; then echo $PACKAGES; exit; fi
out=${1:?usage: make-guest.sh IMAGE.qcow2}

kernel=$(ls -v /boot/vmlinuz-*cloud-amd64 2>/dev/null | tail -1 || true)
for part in "$kernel" /bin/busybox /usr/lib/EXTLINUX/mbr.bin "$(command -v syslinux)" "$(command -v mcopy)" "$(command -v cpio)" \
    "$(command -v mkfs.vfat || command -v /sbin/mkfs.vfat)" "$(command -v sfdisk || command -v /sbin/sfdisk)" "$(command -v qemu-img)"; do
    [[ -n $part && -e $part ]] || { echo "A part is missing. Install: apt-get install" $PACKAGES >&2; exit 1; }
done
if [[ -e $out && $out -nt $0 && $out -nt $kernel ]]; then exit; fi

PATH=$PATH:/sbin:/usr/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,etc/acpi/PWRF,modules,proc,sys} "$(dirname "$out")"
cp /bin/busybox "$root/bin/busybox"

# In the order in which they are loaded. Each with what it depends on.
version=${kernel#/boot/vmlinuz-}
for module in virtio_pci virtio_net virtio_blk qemu_fw_cfg button evdev; do
    modprobe --show-depends -S "$version" "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$root/modules/"
    basename "$file"
done > "$root/modules/order"

cat > "$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do insmod /modules/$module 2>/dev/null; done

# One line: id=<vm id> mac=<mac> address=<address>/<prefix> [gateway=<gateway>] [mac=… for the next NIC]
config=$(cat /sys/firmware/qemu_fw_cfg/by_name/opt/org.iaas/config/raw 2>/dev/null)
id=$(cat /sys/class/dmi/id/product_serial 2>/dev/null)
address=
ip link set lo up
for word in $config; do
    value=${word#*=}
    case $word in
        mac=*) device=$(grep -l "$value" /sys/class/net/*/address | cut -d/ -f5) ;;
        address=*) ip addr add "$value" dev "$device"; ip link set "$device" up; [ -n "$address" ] || address=${value%/*} ;;
        gateway=*) ip route add default via "$value" ;;
    esac
done
echo "IAAS-GUEST id=$id address=$address" > /dev/ttyS0

printf '#!/bin/sh\nexec poweroff -f\n' > /etc/acpi/PWRF/00000080
chmod +x /etc/acpi/PWRF/00000080
exec acpid -f -l /dev/null
INIT
chmod +x "$root/init"
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | gzip -9 > "$work/initrd.gz"

# A disk with an MBR and one FAT partition at 1 MiB, which SYSLINUX boots from.
disk=$work/disk.raw
truncate -s 24M "$disk"
echo '2048,,6,*' | sfdisk --quiet "$disk"
dd if=/usr/lib/EXTLINUX/mbr.bin of="$disk" conv=notrunc status=none
mkfs.vfat -F 16 --offset 2048 -h 2048 "$disk" $((23 * 1024)) > /dev/null
syslinux --install --offset $((2048 * 512)) "$disk"
cat > "$work/syslinux.cfg" <<'CFG'
DEFAULT linux
PROMPT 0
TIMEOUT 0
LABEL linux
    KERNEL vmlinuz
    APPEND initrd=initrd.gz console=ttyS0 quiet panic=5
CFG
export MTOOLS_SKIP_CHECK=1
mcopy -i "$disk@@1M" "$kernel" ::vmlinuz
mcopy -i "$disk@@1M" "$work/initrd.gz" ::initrd.gz
mcopy -i "$disk@@1M" "$work/syslinux.cfg" ::syslinux.cfg
qemu-img convert -q -O qcow2 "$disk" "$out.part"
mv "$out.part" "$out"
