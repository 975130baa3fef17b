using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IaaS.Commands.Vm;

/// <summary>The address of a NIC on its wire.</summary>
public static class MacAddress
{
    /// <summary>Locally administered, made from the NIC's id: 40 bits, so that two of one network never meet in practice.</summary>
    public static string Of(string nic)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(nic));
        return string.Create(CultureInfo.InvariantCulture, $"02:{hash[0]:x2}:{hash[1]:x2}:{hash[2]:x2}:{hash[3]:x2}:{hash[4]:x2}");
    }
}
