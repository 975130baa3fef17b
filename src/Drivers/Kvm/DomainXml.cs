using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Kvm;

/// <summary>A VM as libvirt wants it written.</summary>
internal static class DomainXml
{
    /// <summary>NICs, and what every VM has beside them: root disk, disk controller, random numbers, and what libvirt adds.</summary>
    private const int Ports = VmNic.Most + 6;

    private static readonly XNamespace Ours = "urn:iaas:vm:1";

    /// <param name="type"><c>kvm</c> or <c>qemu</c>.</param>
    /// <param name="disk">Absolute path of the root disk.</param>
    /// <param name="further">Absolute paths of the other disks, by their spec.</param>
    /// <param name="console">Absolute path of the file that the serial console is written to.</param>
    /// <param name="lastReboot">Task of the last reboot; empty for none.</param>
    public static XElement Of(VmSpec spec, string type, string disk, IEnumerable<(DiskSpec Spec, string Path)> further, string console, string lastReboot) => new(
        "domain",
        new XAttribute("type", type),
        new XElement("name", spec.Vm.Value),
        new XElement("uuid", UuidOf(spec.Vm.Value)),
        new XElement("title", spec.Name),
        new XElement("metadata", new XElement(
            Ours + "vm", new XAttribute(XNamespace.Xmlns + "iaas", Ours), new XAttribute("id", spec.Vm.Value), new XAttribute("reboot", lastReboot))),
        new XElement("memory", new XAttribute("unit", "b"), spec.Memory.Value),
        new XElement("vcpu", spec.Cpus),
        new XElement(
            "os",
            new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "q35"), "hvm"),
            new XElement("boot", new XAttribute("dev", "hd")),
            new XElement("smbios", new XAttribute("mode", "sysinfo"))),
        // The guest learns who it is from its firmware: nothing has to answer it on the network. A NoCloud disk for cloud-init
        // would be one more entry of the devices.
        new XElement("sysinfo", new XAttribute("type", "smbios"), new XElement(
            "system", Entry("manufacturer", "IaaS"), Entry("product", "Virtual Machine"), Entry("serial", spec.Vm.Value))),
        new XElement("sysinfo", new XAttribute("type", "fwcfg"), Entry("opt/org.iaas/config", GuestConfig(spec))),
        new XElement("features", new XElement("acpi"), new XElement("apic")),
        type is "kvm" ? new XElement("cpu", new XAttribute("mode", "host-passthrough")) : null,
        new XElement("on_poweroff", "destroy"),
        new XElement("on_reboot", "restart"),
        new XElement("on_crash", "destroy"),
        new XElement(
            "devices",
            // A guest gets a device while it runs only into a port that was there when it started: one for each NIC that it may have.
            Enumerable.Range(0, Ports + 1).Select(n => new XElement(
                "controller", new XAttribute("type", "pci"), new XAttribute("index", n), new XAttribute("model", n == 0 ? "pcie-root" : "pcie-root-port"))),
            Disk(disk),
            // It takes disks while the guest runs, without a free slot of the PCI bus for each.
            new XElement("controller", new XAttribute("type", "scsi"), new XAttribute("index", 0), new XAttribute("model", "virtio-scsi")),
            further.Select(d => DataDisk(d.Spec, d.Path)),
            spec.Nics.Select(Nic),
            new XElement("serial", new XAttribute("type", "file"), new XElement("source", new XAttribute("path", console), new XAttribute("append", "on"))),
            new XElement("rng", new XAttribute("model", "virtio"), new XElement("backend", new XAttribute("model", "random"), "/dev/urandom"))));

    /// <summary>Made from the VM's id, so that a definition is found again, replaced and known to be ours by it alone.</summary>
    public static string UuidOf(string vm) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes("iaas:" + vm)).AsSpan(0, 16)).ToString();

    /// <summary>A tap device's name: at most 15 characters, and none that libvirt gives by itself.</summary>
    public static string TapOf(string nicId) => "tap" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(nicId)).AsSpan(0, 6));

    /// <summary>The task of the last reboot, from a definition; empty for none.</summary>
    public static string LastRebootOf(string xml) =>
        XElement.Parse(xml).Element("metadata")?.Element(Ours + "vm")?.Attribute("reboot")?.Value ?? "";

    private static string GuestConfig(VmSpec spec) => string.Join(' ', spec.Nics
        .SelectMany(n => new[]
        {
            $"mac={n.Mac}",
            string.Create(CultureInfo.InvariantCulture, $"address={n.Address}/{n.PrefixLength}"),
            n.Gateway is null ? "" : $"gateway={n.Gateway}",
        })
        .Prepend($"id={spec.Vm}")
        .Where(word => word.Length > 0));

    private static XElement Entry(string name, string value) => new("entry", new XAttribute("name", name), value);

    /// <summary>A disk beside the root disk. The guest finds it by its serial number, which is the volume's id.</summary>
    public static XElement DataDisk(DiskSpec disk, string path)
    {
        var element = Disk(path, TargetOf(disk), "scsi");
        element.Add(new XElement("serial", disk.Volume.Value));
        return element;
    }

    public static string TargetOf(DiskSpec disk) => $"sd{(char)('a' + disk.Slot - 1)}";

    private static XElement Disk(string path, string target = "vda", string bus = "virtio") => new(
        "disk",
        new XAttribute("type", "file"),
        new XAttribute("device", "disk"),
        new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "qcow2"), new XAttribute("discard", "unmap")),
        new XElement("source", new XAttribute("file", path)),
        new XElement("target", new XAttribute("dev", target), new XAttribute("bus", bus)));

    public static XElement Nic(NicSpec nic) => new(
        "interface",
        new XAttribute("type", "bridge"),
        new XElement("mac", new XAttribute("address", nic.Mac)),
        new XElement("source", new XAttribute("bridge", nic.Bridge)),
        new XElement("target", new XAttribute("dev", TapOf(nic.Id))),
        new XElement("model", new XAttribute("type", "virtio")));
}
